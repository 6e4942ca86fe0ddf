#!/bin/bash
# two nodes
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 2
#EXPECT says ^2 kernels$
echo "$(srun cat /proc/sys/kernel/random/boot_id | sort -u | wc -l) kernels"
