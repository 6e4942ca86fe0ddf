#!/bin/bash
# a task that fails and takes its step with it
#SBATCH --ntasks=2
#EXPECT ends FAILED 3:0
#EXPECT says ^the step has failed$
srun -K -n 2 sh -c '[ $SLURM_PROCID = 0 ] && exit 1; sleep 600' && exit
echo the step has failed
exit 3
