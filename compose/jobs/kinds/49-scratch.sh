#!/bin/bash
# files on the worker's scratch
#EXPECT ends COMPLETED 0:0
#EXPECT says ^/scratch 64$
d=$(mktemp -d /scratch/x.XXXXXX)
head -c 64000000 /dev/zero > $d/f
echo "/scratch $(($(stat -c %s $d/f) / 1000000))"
rm -r $d
