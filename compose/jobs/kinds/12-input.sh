#!/bin/bash
# standard input from a file
#SUBMIT --input=$(seq 4 > four-lines; echo four-lines)
#EXPECT ends COMPLETED 0:0
#EXPECT says ^4 lines$
echo "$(wc -l) lines"
