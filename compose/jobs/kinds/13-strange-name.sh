#!/bin/bash
# a name with quotes, spaces and a dollar
#SUBMIT --job-name='a "b" $c'
#EXPECT ends COMPLETED 0:0
#EXPECT says ^it is 'a \"b\" \$c'$
echo "it is '$SLURM_JOB_NAME'"
