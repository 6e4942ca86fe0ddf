#!/bin/bash
# more memory than was asked
#SBATCH --mem=100
#EXPECT ends OUT_OF_MEMORY 0:125
perl -e 'my $x = "x" x (400 * 1024 * 1024); print length $x'
