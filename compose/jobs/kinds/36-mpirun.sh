#!/bin/bash
# MPI under mpirun
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#EXPECT ends COMPLETED 0:0
#EXPECT nodes 2
#EXPECT says ^rank 1 of 2 on w.*sum of ranks 1
mpirun mpi-hello
