"""SinGAN (Eq. 13): lesions learnt from one exemplar, their intensity and their mask together.

`network` and `losses` are the model, `training` trains it by a recipe of `presets`, `pyramid` draws, `scores`
says how like the exemplar the drawings are. `weights` holds the models that ship with the program.
"""
