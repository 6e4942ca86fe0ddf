#!/bin/bash
# another program for each task
#SBATCH --ntasks=2
#EXPECT ends COMPLETED 0:0
#EXPECT says ^0: head$
#EXPECT says ^1: tail$
printf "0 echo head\n1 echo tail\n" > multi.conf
srun -l --multi-prog multi.conf
