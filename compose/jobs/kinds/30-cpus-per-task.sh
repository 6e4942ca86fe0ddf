#!/bin/bash
# a task with two CPUs sees two
#SBATCH --cpus-per-task=2
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 1
#EXPECT cpus 2
#EXPECT says ^2$
nproc
