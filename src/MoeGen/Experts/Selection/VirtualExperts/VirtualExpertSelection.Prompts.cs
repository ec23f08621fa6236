using MoeGen.Experts.Eviction;

namespace MoeGen.Experts.Selection.VirtualExperts;

/// <content>Prompts that run exactly: what is in memory follows their routers and becomes the Virtual Experts.</content>
internal sealed partial class VirtualExpertSelection
{
    private static readonly NoEviction s_noEviction = new();

    private bool _hasLetGo; // all experts compete, and those in memory are given up for others

    private void LetGo(bool isNewText)
    {
        if (isNewText)
        {
            _importance.StartText();
        }

        if (!_hasLetGo)
        {
            TakeOver();
            DropSwaps();
            _hasLetGo = true;
            _experts!.EvictBy(_promptEviction);
        }
    }

    // whatever the prompt has left in memory competes; the update that follows drops what is too much and wants what is missing
    private void TakeBack()
    {
        if (!_hasLetGo)
        {
            return;
        }

        _experts!.EvictBy(s_noEviction);
        _hasLetGo = false;
        _virtual.Clear();
        for (int key = 0; key < _grid.Count; key++)
        {
            if (_residency.IsResident(_grid.LayerOf(key), _grid.ExpertOf(key)))
            {
                _virtual.Add(key);
            }
            else
            {
                // a prompt that was interrupted may still be waiting for its readers
                _experts.GiveUp(key);
            }
        }
    }
}
