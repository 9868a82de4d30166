"""Dialogs: a choice or a name that the work cannot go on without."""
