#!/bin/bash
# after a job that has to fail
#SUBMIT -d afternotok:@03-exit-code@
#EXPECT ends COMPLETED 0:0
#EXPECT says ^so be it$
echo so be it
