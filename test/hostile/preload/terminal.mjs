// Lets a program believe that its standard output is a terminal.
process.stdout.isTTY = true;
