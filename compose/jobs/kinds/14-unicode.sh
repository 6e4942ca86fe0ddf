#!/bin/bash
# a name and a comment outside ASCII
#SUBMIT --job-name='Größe 數據'
#SUBMIT --comment='naïve; rm -rf *'
#EXPECT ends COMPLETED 0:0
#EXPECT says ^Größe 數據$
echo "$SLURM_JOB_NAME"
