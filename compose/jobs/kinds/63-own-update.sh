#!/bin/bash
# its owner asks for more than there is, later
#EXPECT ends COMPLETED 0:0
#EXPECT says ^refused$
scontrol update jobid=$SLURM_JOB_ID numnodes=100000 2> /dev/null || echo refused
