#!/bin/bash
# a job that its own script cancels
#EXPECT ends CANCELLED 0:0
#EXPECT says ^goodbye$
echo goodbye
scancel $SLURM_JOB_ID
sleep 600
