#!/bin/bash
# output and error files of their own, with patterns
#SBATCH --job-name=named
#SBATCH --output=named-%j.out
#SBATCH --error=named-%j.err
#EXPECT ends COMPLETED 0:0
#EXPECT file named-*.out ^to the file$
#EXPECT file named-*.err ^to the other$
echo to the file
echo to the other >&2
