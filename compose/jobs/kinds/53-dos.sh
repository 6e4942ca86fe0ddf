#! /bin/bash
# lines that end as on DOS
#EXPECT refused DOS line breaks
echo never
