#!/bin/bash
# more time than a job may have
#SBATCH --time=30-0
#EXPECT refused more time than
true
