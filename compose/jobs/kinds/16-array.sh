#!/bin/bash
# an array
#SBATCH --array=1-4
#SBATCH --output=16-array-%a.out
#EXPECT ends COMPLETED 0:0
#EXPECT tasks 4
#EXPECT file 16-array-3.out ^task 3 of 4, 1 to 4$
echo "task $SLURM_ARRAY_TASK_ID of $SLURM_ARRAY_TASK_COUNT, $SLURM_ARRAY_TASK_MIN to $SLURM_ARRAY_TASK_MAX"
