#!/bin/bash
# what a job asks Slurm about itself
#EXPECT ends COMPLETED 0:0
#EXPECT says ^RUNNING$
squeue -h -j $SLURM_JOB_ID -o %T
sstat -n -P -j $SLURM_JOB_ID.batch -o jobid
