package brand

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestStyleSheetsAreWrittenAnew(t *testing.T) {
	t.Parallel()
	for css, want := range map[string]string{
		"":                 "",
		"/* nothing */ \n": "",
		".label-customizable { font-weight: 400; }": ".label-customizable{font-weight:400}\n",
		".LABEL-customizable{}":                     "class .LABEL-customizable",
		".label-customizable{}":                     "",
		".submitButton-customizable:hover{color:#FFF;background-color:#28609080}":                ".submitButton-customizable:hover{color:#fff;background-color:#28609080}\n",
		".label-customizable , .idpDescription-customizable\n{COLOR : Red !IMPORTANT ;; }":       ".label-customizable,.idpDescription-customizable{color:red !important}\n",
		".banner-customizable{padding:25px 0px -2.5em +.5%;border:1px solid rgba( 1 , 2,3 ,.5)}": ".banner-customizable{padding:25px 0px -2.5em +.5%;border:1px solid rgba(1, 2, 3, .5)}\n",
		".label-customizable{font-family:'Open Sans', sans-serif; font: 12px/1.5 \"A B\"}":       ".label-customizable{font-family:\"Open Sans\", sans-serif;font:12px / 1.5 \"A B\"}\n",
		".label-customizable{/* ; } */color/**/:/**/blue/**/}":                                   ".label-customizable{color:blue}\n",

		// What is well-formed and not allowed is left out.
		".label-customizable{position:fixed;content:\"x\";color:blue;behavior:x;z-index:9}":                  ".label-customizable{color:blue}\n",
		".label-customizable{width:calc(100% - (2px * 3));color:var(--x);height:1px;color:rgb(calc(1),2,3)}": ".label-customizable{height:1px}\n",
		".label-customizable{font-family:\"a<b\";color:#12345;color:#ggg;color:}":                            "",

		"h1{color:red}":                             "class h1",
		"*{color:red}":                              "class *",
		".label-customizable b{color:red}":          "class .label-customizable b",
		".label-customizable:hover{color:red}":      "class .label-customizable:hover",
		".label-customizable,{color:red}":           "class ",
		".label-customizable::before{color:red}":    "class .label-customizable::before",
		".inputField-customizable:focus{outline:0}": ".inputField-customizable:focus{outline:0}\n",

		"@import url(x);": "css 1",
		"@media print{.label-customizable{color:red}}":            "css 1",
		".label-customizable{@import 'x'}":                        "css 1",
		".label-customizable\n{background:\nurl(x)}":              "css 3",
		".label-customizable{background:URL('x')}":                "css 1",
		".label-customizable{background:u\\72l(x)}":               "css 1",
		".label-customizable{width:expression(alert(1))}":         "css 1",
		".label-customizable{background:-webkit-image-set(x 1x)}": "css 1",
		".label-customizable{color:red":                           "css 1",
		".label-customizable":                                     "css 1",
		".label-customizable{color red}":                          "css 1",
		".label-customizable{color:red)}":                         "css 1",
		".label-customizable{color:rgb(1}":                        "css 1",
		".label-customizable{font-family:\"x}":                    "css 1",
		".label-customizable{font-family:\"\\\"\"}":               "css 1",
		".label-customizable{color:red}</style><script>":          "css 1",
		".label-customizable{color:<script>}":                     "css 1",
		".label-customizable{color:{}}":                           "css 1",
		".label-customizable{font-family:\"a\\62 c\"}":            "css 1",
		".label-customizable{font-family:\"a\nb\"}":               "css 1",
		".label-customizable{color:) rgb(}":                       "css 1",
		"/* ":                                                     "css 1",
		"}":                                                       "css 1",
		".label-customizable{color:\x00red}":                      "css 1",
		".label-customizable{color:ré}":                           "css 1",
	} {
		if got := outcome(Classic(css)); got != want {
			t.Errorf("%q:\n got %q\nwant %q", css, got, want)
		}
	}
}

// outcome is what Classic wrote, or what it refused.
func outcome(printed string, err error) string {
	if class, ok := errors.AsType[*ClassError](err); ok {
		return "class " + class.Selector
	}
	if css, ok := errors.AsType[*CSSError](err); ok {
		return fmt.Sprint("css ", css.Line)
	}
	if err != nil {
		return err.Error()
	}
	return printed
}

func FuzzClassic(f *testing.F) {
	f.Add(".submitButton-customizable:hover{color:#FFF;border:1px solid rgba(1,2,3,.5) !important}")
	f.Add(".label-customizable{font-family:'Open Sans', serif; width:calc(1px + (2%)); color:-1.5e}")
	f.Add(".label-customizable{/**/color:r/**/ed;background:url(x)}@import 'x'")
	f.Fuzz(func(t *testing.T, css string) {
		printed, err := Classic(css)
		if err != nil {
			return
		}
		for _, bad := range []string{"<", "@", "\\", "/*", "url(", "expression(", "content:", "position:"} {
			if strings.Contains(strings.ToLower(printed), bad) {
				t.Fatalf("%q gave %q, which has %q", css, printed, bad)
			}
		}
		again, err := Classic(printed)
		if err != nil || again != printed {
			t.Fatalf("%q gave %q, which gives %q, %v", css, printed, again, err)
		}
	})
}
