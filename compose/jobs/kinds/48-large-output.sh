#!/bin/bash
# two megabytes of output
#EXPECT ends COMPLETED 0:0
#EXPECT lines 20000
seq -f "%0100.0f" 20000
