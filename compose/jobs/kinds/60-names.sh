#!/bin/bash
# the names of its nodes stand for their addresses, on each of them
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 2
#EXPECT says ^2 names$
echo "$(scontrol show hostnames | while read -r n; do getent hosts "$n"; done | wc -l) names"
