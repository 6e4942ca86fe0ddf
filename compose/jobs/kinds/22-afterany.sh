#!/bin/bash
# after a job, however it ends
#SUBMIT -d afterany:@03-exit-code@
#EXPECT ends COMPLETED 0:0
#EXPECT says ^before$
cat 03-exit-code.out
