#!/bin/bash
# a job that puts itself back into the queue
#SBATCH --requeue
#EXPECT ends COMPLETED 0:0
#EXPECT says ^the second time$
#EXPECT restarts 1
if [ -z "${SLURM_RESTART_COUNT:-}" ]; then scontrol requeue $SLURM_JOB_ID; sleep 600; fi
echo the second time
