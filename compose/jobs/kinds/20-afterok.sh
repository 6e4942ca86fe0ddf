#!/bin/bash
# after a job that has to end well
#SUBMIT -d afterok:@01-hello@
#EXPECT ends COMPLETED 0:0
#EXPECT says ^alice on
cat 01-hello.out
