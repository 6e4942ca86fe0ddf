#!/bin/bash
# an array of which one task fails
#SBATCH --array=1-3
#SBATCH --output=/dev/null
#EXPECT ends FAILED 2:0 COMPLETED 0:0
#EXPECT tasks 3
[ "$SLURM_ARRAY_TASK_ID" != 2 ] || exit 2
