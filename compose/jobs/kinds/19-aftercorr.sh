#!/bin/bash
# an array whose tasks follow those of another
#SBATCH --array=1-4
#SBATCH --output=19-aftercorr-%a.out
#SUBMIT -d aftercorr:@16-array@
#EXPECT ends COMPLETED 0:0
#EXPECT tasks 4
#EXPECT file 19-aftercorr-4.out ^task 4
cat "16-array-$SLURM_ARRAY_TASK_ID.out"
