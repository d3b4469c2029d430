package templates

import "strings"

// programs and systems are the words by which browsers call themselves, the most particular first: each claims to be all the others, too.
var (
	programs = [][2]string{{"MicroMessenger", "WeChat"}, {"DingTalk", "DingTalk"}, {"Lark", "Feishu"}, {"HuaweiBrowser", "Huawei"}, {"Edg", "Edge"}, {"Firefox", "Firefox"},
		{"Chrome", "Chrome"}, {"Safari", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"HarmonyOS", "HarmonyOS"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "Mac"}, {"Linux", "Linux"}}
)

// browserName is a browser as people know it, such as "Chrome · Android", or "" when it does not say.
func browserName(agent string) string {
	var parts []string
	for _, words := range [][][2]string{programs, systems} {
		for _, w := range words {
			if strings.Contains(agent, w[0]) {
				parts = append(parts, w[1])
				break
			}
		}
	}
	return strings.Join(parts, " · ")
}
