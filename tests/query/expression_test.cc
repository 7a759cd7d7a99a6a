#include "query/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"

namespace discovery {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

Expression parsed(std::string_view text) {
  const Result<Expression> expression = parse_expression(text);
  EXPECT_TRUE(expression) << text << ": " << (expression ? "" : expression.error().message);
  return expression ? *expression : Expression{};
}

// As the parser understood it.
std::string meaning(std::string_view text) { return to_text(parsed(text)); }

std::string fault(std::string_view text) {
  const Result<Expression> expression = parse_expression(text);
  if (expression) return "no fault in " + std::string(text);
  EXPECT_EQ(expression.error().code, Code::invalid);
  return expression.error().message;
}

std::string repeated(std::string_view piece, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(Expression, ReadsTheContractsExample) {
  const Expression whole =
      parsed(R"(cpu>=4 && (country="SE" || country="DE") && !(platform="arm64"))");
  ASSERT_EQ(whole.kind, Expression::Kind::all);
  ASSERT_THAT(whole.parts, SizeIs(3));
  EXPECT_EQ(whole.parts[0].term.attribute, Attribute::cpu);
  EXPECT_EQ(whole.parts[0].term.comparison, Comparison::at_least);
  EXPECT_THAT(whole.parts[0].term.numbers, ElementsAre(4));
  EXPECT_EQ(whole.parts[1].kind, Expression::Kind::any);
  EXPECT_THAT(whole.parts[1].parts, SizeIs(2));
  EXPECT_EQ(whole.parts[2].kind, Expression::Kind::negation);
  EXPECT_THAT(whole.parts[2].parts.front().term.texts, ElementsAre("arm64"));
}

TEST(Expression, KnowsEveryOperator) {
  const std::vector<std::pair<std::string, Comparison>> operators{
      {"=", Comparison::equal},    {"!=", Comparison::not_equal}, {"<", Comparison::less},
      {"<=", Comparison::at_most}, {">", Comparison::more},       {">=", Comparison::at_least}};
  for (const auto& [text, comparison] : operators) {
    EXPECT_EQ(parsed("memory" + text + "8").term.comparison, comparison);
    EXPECT_EQ(parsed(" memory\t" + text + "\r\n8 ").term.comparison, comparison);
  }
  EXPECT_THAT(parsed("cpu in [4, 2,4]").term.numbers, ElementsAre(2, 4));
  EXPECT_THAT(parsed(R"(country in["SE","de"])").term.texts, ElementsAre("DE", "SE"));
  EXPECT_EQ(parsed("cpu in [4]"), parsed("cpu=4"));
}

TEST(Expression, BindsNotBeforeAndBeforeOr) {
  EXPECT_EQ(meaning("cpu=1||cpu=2&&cpu=3"), "cpu=1 || (cpu=2 && cpu=3)");
  EXPECT_EQ(meaning("(cpu=1||cpu=2)&&cpu=3"), "(cpu=1 || cpu=2) && cpu=3");
  EXPECT_EQ(meaning("!cpu=1&&cpu=2"), "!(cpu=1) && cpu=2");
  EXPECT_EQ(meaning("!(cpu=1&&cpu=2)"), "!(cpu=1 && cpu=2)");
}

TEST(Expression, KeepsNoLevelsThatMeanNothing) {
  EXPECT_EQ(meaning("((cpu=1))&&((cpu=2&&(cpu=3)))"), "cpu=1 && cpu=2 && cpu=3");
  EXPECT_EQ(meaning("cpu=1||(cpu=2||cpu=3)"), "cpu=1 || cpu=2 || cpu=3");
  EXPECT_EQ(meaning("!!cpu=1"), "cpu=1");
  EXPECT_EQ(meaning("!(!(cpu=1))"), "cpu=1");
  EXPECT_EQ(meaning("!!!cpu=1"), "!(cpu=1)");
}

TEST(Expression, TakesNumbersAsPeopleWriteThem) {
  for (const auto& [text, number] : std::vector<std::pair<std::string, double>>{{"0", 0},
                                                                                {"-0", 0},
                                                                                {"4.0", 4},
                                                                                {"004", 4},
                                                                                {"2.5", 2.5},
                                                                                {"-1", -1},
                                                                                {"1e3", 1000},
                                                                                {"1.5E-2", 0.015},
                                                                                {"1e+2", 100}}) {
    EXPECT_THAT(parsed("usd_per_month<=" + text).term.numbers, ElementsAre(number)) << text;
  }
}

TEST(Expression, KnowsEveryNumber) {
  for (const std::string name :
       {"cpu", "memory", "storage", "usd_per_core_month", "usd_per_gb_ram_month",
        "usd_per_gb_storage_month", "glm_per_core_month", "glm_per_gb_ram_month",
        "glm_per_gb_storage_month", "usd_per_month", "glm_per_month", "resources.gpu",
        "pricing.setup_fee", "pricing.Fee2"}) {
    EXPECT_EQ(meaning(name + ">=1"), name + ">=1");
    EXPECT_THAT(fault(name + "=\"1\""), HasSubstr("expected a number"));
    EXPECT_THAT(fault(name + "=true"), HasSubstr("expected a number"));
  }
  EXPECT_EQ(parsed("resources.cpu>=1"), parsed("cpu>=1"));
  EXPECT_EQ(parsed("pricing.usd_per_core_month<1"), parsed("usd_per_core_month<1"));
}

TEST(Expression, KnowsEveryText) {
  for (const std::string name :
       {"provider_id", "provider_name", "platform", "network", "payments_network"}) {
    EXPECT_EQ(meaning(name + "=\"a\""), name + "=\"a\"");
    EXPECT_EQ(meaning(name + "!=\"a\""), name + "!=\"a\"");
    EXPECT_EQ(meaning(name + " in [\"b\",\"a\"]"), name + " in [\"a\", \"b\"]");
    EXPECT_THAT(fault(name + "<\"a\""), HasSubstr(": expected one of = != in"));
    EXPECT_THAT(fault(name + "=4"), HasSubstr(": expected a text in double quotes"));
  }
}

TEST(Expression, NormalisesTextsAsAPostDoes) {
  EXPECT_EQ(meaning(R"(country in ["uk","EL","se"])"), R"(country in ["GB", "GR", "SE"])");
  EXPECT_EQ(meaning(R"(platform in ["AMD64","aarch64"])"), R"(platform in ["arm64", "x86_64"])");
  EXPECT_EQ(meaning(R"(network="Polygon")"), R"(network="polygon")");
  EXPECT_EQ(meaning(R"(ip_address="::FFFF:83.233.10.2")"), R"(ip_address="83.233.10.2")");
  EXPECT_EQ(meaning(R"(provider_id="0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")"),
            R"(provider_id="0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")");
  EXPECT_THAT(parsed(R"(provider_name="Åke's \"big\" \\ box")").term.texts,
              ElementsAre("Åke's \"big\" \\ box"));
  EXPECT_THAT(parsed(R"(provider_name="")").term.texts, ElementsAre(""));
  EXPECT_THAT(parsed(R"(provider_name="  ")").term.texts, ElementsAre(""));
}

TEST(Expression, RefusesTextsThatCanNeverBeValid) {
  EXPECT_EQ(fault(R"(cpu>1 && country="Z1")"),
            "column 18: 'Z1' is not a country code of two letters");
  EXPECT_EQ(fault(R"(country="")"), "column 9: '' is not a country code of two letters");
  EXPECT_EQ(fault(R"(platform="a/b")"), "column 10: must be 1 to 32 of a-z 0-9 _ . -");
  EXPECT_EQ(fault(R"(network in ["a", "a b"])"), "column 18: must be 1 to 64 of a-z 0-9 _ . : -");
  for (const std::string text :
       {"provider_id=\"..\"", "provider_id=\"0x12\"", "ip_address=\"01.2.3.4\"",
        "ip_address=\"0.0.0.0\"", "ip_address=\"ff02::1\"", "ip_address=\"255.255.255.255\"",
        "provider_name=\"a\nb\""}) {
    EXPECT_THAT(fault(text), StartsWith("column 1")) << text;
  }
  EXPECT_THAT(fault("provider_name=\"" + std::string(65, 'n') + '"'),
              HasSubstr("at most 64 characters"));
}

TEST(Expression, TakesVerifiedForTrueOrFalse) {
  EXPECT_EQ(meaning("verified = true"), "verified=true");
  EXPECT_EQ(meaning("verified=false"), "verified=false");
  EXPECT_EQ(fault("verified"), "column 9: expected =");
  EXPECT_EQ(fault("verified!=true"), "column 9: expected =");
  EXPECT_EQ(meaning("verified=True"), "verified=true");
  EXPECT_EQ(meaning("verified=0"), "verified=false");
  EXPECT_EQ(fault("verified=2"), "column 10: expected true or false");
  EXPECT_EQ(fault("verified=\"true\""), "column 10: expected true or false");
}

TEST(Expression, TakesTheSpellingsOfGolemBase) {
  const std::vector<std::pair<std::string, std::string>> spellings{
      {"golem_cpu", "cpu"},
      {"golem_memory", "memory"},
      {"golem_storage", "storage"},
      {"golem_price_usd_core_month", "usd_per_core_month"},
      {"golem_price_usd_ram_gb_month", "usd_per_gb_ram_month"},
      {"golem_price_usd_storage_gb_month", "usd_per_gb_storage_month"},
      {"golem_price_glm_core_month", "glm_per_core_month"},
      {"golem_price_glm_ram_gb_month", "glm_per_gb_ram_month"},
      {"golem_price_glm_storage_gb_month", "glm_per_gb_storage_month"}};
  for (const auto& [spelling, own] : spellings) {
    EXPECT_EQ(meaning(spelling + "<=2.5"), own + "<=2.5");
    EXPECT_EQ(meaning(spelling + "<=\"2.5\""), own + "<=2.5");
    EXPECT_EQ(meaning(spelling + " in [\"1\", 2]"), own + " in [1, 2]");
    EXPECT_THAT(fault(spelling + "=\"x\""), HasSubstr("expected a number"));
    EXPECT_THAT(fault(spelling + "=\"\""), HasSubstr("expected a number"));
    EXPECT_THAT(fault(spelling + "=\"1"), HasSubstr("expected '\"' behind the number"));
  }
  for (const std::string name :
       {"provider_id", "provider_name", "platform", "network", "payments_network"}) {
    EXPECT_EQ(meaning("golem_" + name + "=\"a\""), name + "=\"a\"");
  }
  EXPECT_EQ(meaning(R"(golem_country="se")"), R"(country="SE")");
  EXPECT_EQ(meaning(R"(golem_ip_address="1.2.3.4")"), R"(ip_address="1.2.3.4")");
}

TEST(Expression, KnowsThatEveryAdvertisementIsAProviders) {
  const Expression always;
  Expression never;
  never.kind = Expression::Kind::any;
  EXPECT_EQ(parsed(R"(golem_type="provider")"), always);
  EXPECT_EQ(parsed(R"(golem_type in ["x","provider"])"), always);
  EXPECT_EQ(parsed(R"(golem_type!="x")"), always);
  EXPECT_EQ(parsed(R"(golem_type="requestor")"), never);
  EXPECT_EQ(parsed(R"(golem_type!="provider")"), never);
  EXPECT_EQ(meaning(R"(golem_type="provider" && golem_cpu>=4)"), "cpu>=4");
}

TEST(Expression, SaysWhatWasExpectedAtWhichColumn) {
  const std::vector<std::pair<std::string, std::string>> faults{
      {"", "column 1: expected a field, '!' or '('"},
      {"  ", "column 3: expected a field, '!' or '('"},
      {"cpu", "column 4: expected one of = != < <= > >= in"},
      {"cpu 4", "column 5: expected one of = != < <= > >= in"},
      {"cpu>=", "column 6: expected a number"},
      {"cpu>=four", "column 6: expected a number"},
      {"cpu==4", "column 5: expected a number"},
      {"cpu>=4.5.6", "column 6: expected a number"},
      {"cpu>=+4", "column 6: expected a number"},
      {"cpu>=inf", "column 6: expected a number"},
      {"cpu>=0x10", "column 7: expected '&&', '||' or the end"},
      {"cpu>=-1e999", "column 6: expected a number between -1e308 and 1e308"},
      {"cpu>=1e999", "column 6: expected a number between -1e308 and 1e308"},
      {"cpu>=4 & memory>=8", "column 8: expected '&&', '||' or the end"},
      {"cpu>=4 memory>=8", "column 8: expected '&&', '||' or the end"},
      {"cpu>=4)", "column 7: expected '&&', '||' or the end"},
      {"cpu>=4 &&", "column 10: expected a field, '!' or '('"},
      {"(cpu>=4", "column 8: expected '&&', '||' or ')'"},
      {"()", "column 2: expected a field, '!' or '('"},
      {"!", "column 2: expected a field, '!' or '('"},
      {"cpu in 4", "column 8: expected '['"},
      {"cpu in []", "column 9: expected a number"},
      {"cpu in [4", "column 10: expected ',' or ']'"},
      {"cpu in [4 5]", "column 11: expected ',' or ']'"},
      {"country=\"SE", "column 9: expected '\"' to close the text that begins here"},
      {"country='SE'", "column 9: expected a text in double quotes"},
      {"network=\"a\\n\"", "column 12: expected '\"' or '\\' behind a backslash"},
      {"network=\"a\\", "column 12: expected '\"' or '\\' behind a backslash"},
      {"resources.=1",
       "column 1: expected resources.KEY, with a key of a letter and up to 31 of "
       "a-z 0-9 _"},
      {"pricing.a.b=1", "column 1: expected pricing.KEY, with a key of 1 to 64 of A-Z a-z 0-9 _"},
      {"provider_name=\"åäö\" cpu", "column 21: expected '&&', '||' or the end"}};
  for (const auto& [text, message] : faults) EXPECT_EQ(fault(text), message) << text;
}

TEST(Expression, TakesNumbersThatAreTooSmallForNought) {
  EXPECT_EQ(meaning("cpu>=1e-400"), "cpu>=0");
  EXPECT_EQ(meaning("cpu>=-1e-400"), "cpu>=0");
}

TEST(Expression, NamesTheNearestFieldForAnUnknownOne) {
  EXPECT_EQ(fault("cpu>=4 && contry=\"SE\""),
            "column 11: expected a field; 'contry' is none, did you mean 'country'?");
  EXPECT_THAT(fault("CPU>=4"), HasSubstr("'CPU' is none, did you mean 'cpu'?"));
  EXPECT_THAT(fault("gpu>=1"), HasSubstr("'gpu' is none, did you mean 'resources.gpu'?"));
  EXPECT_THAT(fault("price<1"), HasSubstr("did you mean 'usd_per_month'?"));
  EXPECT_EQ(fault("nothing=1"), "column 1: expected a field; 'nothing' is none");
  EXPECT_THAT(fault("golem_price_usd_core>1"), HasSubstr("'golem_price_usd_core_month'?"));
  EXPECT_THAT(fault(std::string(500, 'x') + "=1"),
              AllOf(HasSubstr("'" + std::string(64, 'x') + "…'"),
                    testing::Not(HasSubstr(std::string(65, 'x')))));
}

TEST(Expression, TakesResourceKeysUpToTheirLength) {
  EXPECT_EQ(parsed("resources." + std::string(32, 'k') + "=1").term.key.text, std::string(32, 'k'));
  EXPECT_THAT(fault("resources." + std::string(33, 'k') + "=1"), HasSubstr("resources.KEY"));
  EXPECT_THAT(fault("resources.GPU=1"), HasSubstr("resources.KEY"));
  EXPECT_EQ(parsed("pricing." + std::string(64, 'k') + "=1").term.key.text, std::string(64, 'k'));
  EXPECT_THAT(fault("pricing." + std::string(65, 'k') + "=1"), HasSubstr("pricing.KEY"));
}

TEST(Expression, TakesUpTo32Comparisons) {
  EXPECT_THAT(parsed(repeated("cpu=1||", 31) + "cpu=1").parts, SizeIs(32));
  EXPECT_EQ(fault(repeated("cpu=1||", 32) + "cpu=1"),
            "column 225: expected at most 32 comparisons");
}

TEST(Expression, TakesUpTo16Levels) {
  EXPECT_EQ(meaning(repeated("(", 16) + "cpu=1" + repeated(")", 16)), "cpu=1");
  EXPECT_EQ(meaning(repeated("!(", 16) + "cpu=1" + repeated(")", 16)), "cpu=1");
  EXPECT_EQ(fault(repeated("(", 17) + "cpu=1" + repeated(")", 17)),
            "column 17: expected at most 16 levels of parentheses");
  EXPECT_EQ(meaning(repeated("(cpu=1)||", 31) + "cpu=2"), repeated("cpu=1 || ", 31) + "cpu=2");
}

TEST(Expression, TakesUpTo1024Bytes) {
  const std::string text = "cpu=1";
  EXPECT_EQ(meaning(text + std::string(limits::kExpressionBytes - text.size(), ' ')), text);
  EXPECT_EQ(fault(text + std::string(limits::kExpressionBytes + 1 - text.size(), ' ')),
            "column 1025: expected the end: at most 1024 bytes are read");
}

TEST(Expression, BearsBombs) {
  for (const std::string_view piece : {"(", "!", "!(", "[", "\"", "\\", "cpu", "&&", "=", "cpu=1&&",
                                       "cpu in [1,", "\xff", "((((cpu=1||"}) {
    EXPECT_FALSE(parse_expression(repeated(piece, limits::kExpressionBytes / piece.size())))
        << piece;
  }
}

}  // namespace
}  // namespace discovery
