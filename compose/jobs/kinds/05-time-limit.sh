#!/bin/bash
# more time than was asked
#SBATCH --time=1
#EXPECT ends TIMEOUT 0:0
#EXPECT says ^begun$
echo begun
sleep 600
