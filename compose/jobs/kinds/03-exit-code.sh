#!/bin/bash
# a job that fails says with what code
#EXPECT ends FAILED 3:0
#EXPECT says ^before$
echo before
exit 3
