#!/bin/bash
# the least that one can ask
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 1
#EXPECT says ^alice on w[0-9]+-1 in .*/kinds-[0-9]+$
echo "$(id -un) on $(hostname) in $PWD"
