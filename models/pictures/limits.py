"""The ranges of what can be asked of a detector. Commands and pages say them before any library is there."""

IMAGE_SIZES = (32, 2048)  # pixels of the longer side at which the network looks
MOST_DETECTIONS = 1000  # in one picture, unless something else is asked for: as detect.py has it
THICKNESSES = (1, 50)  # pixels of the lines of boxes
LONGEST_JPEG = 65_500  # pixels of a side: libjpeg writes no more, and PNG and TIFF may be longer
MOST_MEGABYTES = 50  # of one picture that somebody sends
