"""The panels beside the image: each shows one part of the document and changes it by commands."""
