using MoeGen.Experts.Selection;
using MoeGen.Tests.Experts.Selection;

namespace MoeGen.Tests;

public class OffloadingSyntaxTests
{
    [Fact]
    public void Names_AreThePresets()
    {
        foreach (string name in Offloading.Names)
        {
            Assert.Equal(name, Offloading.Parse(name).Name);
        }
    }

    [Theory]
    [InlineData("buddy:gap=0.1", "buddy")]
    [InlineData("buddy:gap=0.1,ranking=coactivation,prompts=yes,entropy=0.5,missing=0.5,base=lru", "buddy")]
    [InlineData("hobbit:t1=0.6,t2=0.9,base=lfu-sequence", "hobbit")]
    [InlineData("hobbit:t1=0.5,t2=0.5,skip=yes,prompts=yes,base=finemoe", "hobbit")]
    [InlineData("mobile:threshold=0.7,base=finemoe", "big-little")]
    [InlineData("mobile:rule=never,first=3,share=0.5", "big-little")]
    [InlineData("swapmoe:interval=4,unit=request,decay=0.5,hysteresis=0,bandwidth=1,spare=2", "swapmoe")]
    [InlineData("swapmoe:score=tokencount,synchronous=yes", "swapmoe")]
    public void Choices_AreTaken(string text, string selection)
    {
        Offloading offloading = Offloading.Parse(text);
        Assert.Equal(text, offloading.Name);
        Assert.False(offloading.IsExact);
        using ISelection? created = offloading.CreateSelection(new SelectionSetup(new(2, 8, 4), "", new FakeResidency()));
        Assert.Contains(selection, created!.Name);
    }

    [Theory]
    [InlineData("fine", "fine is no method; expected finemoe, lru")]
    [InlineData("", " is no method; expected finemoe")]
    [InlineData("lru:x=1", "lru has no choices; expected lru alone")]
    [InlineData("buddy:width=1", "found width=1; expected gap=...")]
    [InlineData("buddy:", "found ; expected gap=...")]
    [InlineData("buddy:gap", "found gap; expected gap=...")]
    [InlineData("buddy:gap=2", "expected 0 to 1")]
    [InlineData("buddy:gap=wide", "wide is no number")]
    [InlineData("buddy:prompts=1", "found 1; expected yes or no")]
    [InlineData("buddy:ranking=1", "found 1; expected routerscore, coactivation")]
    [InlineData("hobbit:t1=nan", "(t1) is NaN; expected a finite number")]
    [InlineData("hobbit:t2=0.5,skip=yes", "(t2) is 0.5; expected at least t1, 0.6")]
    [InlineData("hobbit:t3=1", "expected t1=..., t2=..., skip=..., prompts=..., base=...")]
    [InlineData("mobile:base=buddy", "buddy is no exact method; expected finemoe")]
    [InlineData("swapmoe:decay=1", "expected 0 up to 1")]
    [InlineData("norm-pruning:decay=0", "norm-pruning has no choices; expected norm-pruning alone")]
    [InlineData("finemoe:maps=1.5", "1.5 is no integer")]
    [InlineData("finemoe:maps=0", "maps=0")]
    public void NonsenseIsRefused(string text, string expected)
    {
        string message = Assert.Throws<FormatException>(() => Offloading.Parse(text)).Message;
        Assert.StartsWith(text, message);
        Assert.Contains(expected, message);
    }
}
