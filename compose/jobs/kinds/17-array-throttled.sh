#!/bin/bash
# an array with a step, one task at a time
#SBATCH --array=0-6:2%1
#SBATCH --output=17-array-throttled-%a.out
#EXPECT ends COMPLETED 0:0
#EXPECT tasks 4
#EXPECT file 17-array-throttled-6.out ^6$
echo $SLURM_ARRAY_TASK_ID
