#!/bin/bash
# another working directory
#SBATCH --chdir=/tmp
#SBATCH --output=/dev/null
#EXPECT ends COMPLETED 0:0
#EXPECT says ^/tmp$
pwd > "$SLURM_SUBMIT_DIR/09-working-directory.out"
