#!/bin/bash
# two tasks on each of two nodes
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 2
#EXPECT cpus 4
#EXPECT says ^2 2$
srun hostname | sort | uniq -c | awk '{ print $1 }' | paste -sd" "
