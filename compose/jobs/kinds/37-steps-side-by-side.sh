#!/bin/bash
# two steps at once
#SBATCH --ntasks=2
#EXPECT ends COMPLETED 0:0
#EXPECT says ^both$
srun -n1 --exact sh -c 'touch left; until [ -e right ]; do sleep 0.2; done' &
srun -n1 --exact sh -c 'touch right; until [ -e left ]; do sleep 0.2; done' &
wait
echo both
