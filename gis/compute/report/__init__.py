"""Reports as one self-contained HTML page: plain values in, text out.

`values` holds what a page is made of, `gather…` fills it from frames, `…_page` renders it. Rendering needs no
geometry library and reads nothing: no file, no clock, no chance.
"""
