# Seeds for fuzz_rewrite, into the folder of the first argument.
printf '\001a(b)?\t<$1>\n\nab a\r\nb\nno end' >"$1/replace"
printf '\007^x\nx*\t-$0-\n\nabxx\nx\n\n' >"$1/filter"
printf '\002(?<name>[\303\244-\303\274])\t${name}${name}$$\n\ngr\303\274\303\237e \377\n' >"$1/characters"
printf '\003^(a+)+$\n\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n' >"$1/catastrophe"
