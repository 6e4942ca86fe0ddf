#!/bin/bash
# temporary disk, more than there is memory for
#SBATCH --tmp=2000
#SBATCH --mem=200
#EXPECT ends COMPLETED 0:0
#EXPECT says ^[0-9]+ of 2000$
size=$(($(stat -f -c "%b * %S" /tmp) / 1048576))
[ $size -ge 2000 ] && echo "$size of 2000"
head -c 300000000 /dev/zero > /tmp/f.$SLURM_JOB_ID && rm /tmp/f.$SLURM_JOB_ID
