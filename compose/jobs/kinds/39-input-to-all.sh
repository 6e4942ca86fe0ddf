#!/bin/bash
# input that every task reads
#SBATCH --ntasks=2
#EXPECT ends COMPLETED 0:0
#EXPECT says ^0: word$
#EXPECT says ^1: word$
echo word | srun -l cat
