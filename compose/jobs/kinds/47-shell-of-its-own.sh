#!/bin/sh
# a script for sh
#EXPECT ends COMPLETED 0:0
#EXPECT says ^dash$
readlink /proc/$$/exe | sed "s,.*/,,"
