"""Tests of the window; all of them drive the real one."""
