#!/bin/bash
# another working directory
#SBATCH --chdir=/tmp
#EXPECT ends COMPLETED 0:0
#EXPECT says ^/tmp$
pwd
