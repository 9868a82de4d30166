"""The pelvis as a template: outlines of the patient's left half, seen from the front.

mm: x from the midline to the left, y from the level of the hips towards the feet.
"""

from __future__ import annotations

# fmt: off
# From the crest's back end over its front, socket, ischium, symphysis and brim to the joint with the sacrum.
HIP_BONE = (
    (44, -104), (58, -121), (75, -131), (97, -134), (120, -129), (138, -117), (147, -100), (147, -87),
    (137, -76), (126, -62), (118, -47), (114, -34), (109, -25), (109, -19), (103, -4), (95, 12), (88, 28),
    (91, 44), (84, 58), (71, 65), (58, 62), (45, 58), (30, 53), (15, 50), (5, 44), (3, 33), (3, 21),
    (9, 15), (28, 11), (46, 1), (60, -13), (67, -28), (69, -42), (65, -50), (57, -54), (53, -62), (51, -76),
    (46, -92),
)
# The foramen.
OBTURATOR = (
    (27, 31), (37, 22), (52, 16), (62, 22), (63, 32), (58, 42), (46, 47), (33, 43), (25, 38),
)
# The thin part of the iliac wing.
WING = (
    (54, -100), (66, -116), (80, -125), (97, -128), (117, -123), (132, -111), (139, -99), (135, -86),
    (122, -68), (111, -50), (99, -40), (84, -45), (70, -62), (60, -80),
)
# Neck, trochanters and shaft, without the head.
FEMUR = (
    (98, -18), (109, -13), (117, -5), (126, -1), (135, -4), (144, -6), (153, -1), (160, 8), (163, 20),
    (159, 34), (153, 50), (149, 75), (147, 110), (147, 150), (121, 150), (121, 110), (120, 80), (117, 62),
    (109, 49), (108, 39), (104, 29), (97, 20),
)
# The linea terminalis.
BRIM = (
    (52, -88), (60, -66), (67, -48), (69, -36), (66, -24), (59, -10), (46, 3), (28, 13), (10, 18),
)
ILIOISCHIAL = (
    (68, -52), (70, -34), (68, -16), (64, 0), (63, 16), (66, 32), (74, 46),
)
# The left half, from the promontory to the apex.
SACRUM = (
    (0, -93), (22, -93), (36, -100), (52, -95), (60, -81), (58, -65), (51, -52), (40, -38), (30, -24),
    (20, -12), (12, -4), (0, -1),
)
# fmt: on
HEAD = (88.0, -5.0)
"""The middle of the head of the femur, and of its socket."""
HEAD_RADIUS = 23.8
