"""The window under the hand: scripted events through the real window, each measurement in a fresh process."""
