"""DICOM in and out. Imported only when a DICOM file is opened or saved, for pydicom takes its time."""
