#!/bin/bash
# a job without the environment of its submitter
#SBATCH --export=NONE
#EXPECT ends COMPLETED 0:0
#EXPECT says ^/home/alice alice /.*bin
echo "$HOME $USER $PATH"
