#!/bin/bash
#SBATCH --job-name=first
#SBATCH --nodes=2
#SBATCH --spread-job
#SBATCH --ntasks-per-node=1
#SBATCH --time=10
#SBATCH --output=first-%j.out
srun bash -c 'echo "task $SLURM_PROCID on $(hostname), kernel $(uname -r), boot $(cat /proc/sys/kernel/random/boot_id)"'
srun --mpi=pmix mpi-hello
