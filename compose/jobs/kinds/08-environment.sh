#!/bin/bash
# variables from the command line
#SUBMIT --export=ALL,FRUIT='an apple',PAIR='a b'
#EXPECT ends COMPLETED 0:0
#EXPECT says ^an apple; a b$
echo "$FRUIT; $PAIR"
